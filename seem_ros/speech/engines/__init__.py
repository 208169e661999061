"""Speech engines behind one interface: sound of one sentence in, words out."""
