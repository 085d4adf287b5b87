/**
 * Settings in YAML or JSON, bound strictly to records: what a file does not say has a stated default, what a record does not
 * know is refused, and every mistake is one line naming file, setting, value and what was expected.
 */
package dev.t2i.config;
