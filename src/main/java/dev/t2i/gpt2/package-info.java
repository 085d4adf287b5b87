/** GPT-2: its folders as Hugging Face lays them out, its tokenizers, and the training of their vocabularies. */
package dev.t2i.gpt2;
