/**
 * GPT-2: its folders as Hugging Face lays them out, its tokenizers and the training of their vocabularies, the model,
 * features of texts, and text generation.
 */
package dev.t2i.gpt2;
