/** C kernels through the Foreign Function API, in the vector backend's place for matrix products; their sources lie in {@code native/}. */
package dev.t2i.backend.nativelib;
