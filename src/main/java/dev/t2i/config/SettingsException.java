package dev.t2i.config;

import dev.t2i.error.BadInputException;

/** A settings file, or an override of one, that can't be used. */
public final class SettingsException extends BadInputException {

    private static final long serialVersionUID = 1L;

    SettingsException(String message) {
        super(message);
    }

    SettingsException(String message, Throwable cause) {
        super(message, cause);
    }
}
