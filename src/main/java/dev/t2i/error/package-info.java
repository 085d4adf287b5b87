/** Errors that carry whose fault they are, at the bottom of the house so that every room can throw them. */
package dev.t2i.error;
