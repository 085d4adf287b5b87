/** Encoders of captions: the GPT-2 and a recurrent one, behind what both have in common. */
package dev.t2i.text;
