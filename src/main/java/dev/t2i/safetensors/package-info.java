/** The safetensors format: a strict mapped reader and an atomic writer. */
package dev.t2i.safetensors;
