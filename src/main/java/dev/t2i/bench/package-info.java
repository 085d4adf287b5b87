/** How fast this machine does the program's work on each backend: what {@code t2i bench} measures. */
package dev.t2i.bench;
