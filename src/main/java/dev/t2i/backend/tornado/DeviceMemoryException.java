package dev.t2i.backend.tornado;

import dev.t2i.error.BackendException;

/** A device that has less memory than a session needs. */
final class DeviceMemoryException extends BackendException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    /** @param reason such as the driver gives */
    DeviceMemoryException(String reason, Throwable cause) {
        this(reason, DeviceMemory.REMEDY, cause);
    }

    DeviceMemoryException(String reason, String remedy, Throwable cause) {
        super("the device has too little memory: %s; %s".formatted(reason, remedy), cause);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
