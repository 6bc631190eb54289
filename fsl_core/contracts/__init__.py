"""What a plugin must offer: an encoder, a method, a language model, a queue strategy."""
