/** The command line: commands parse, call a room, and print. Whatever a library user would miss lives elsewhere. */
package dev.t2i.cli;
