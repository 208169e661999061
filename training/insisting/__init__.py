"""What the second eye learns from: what it is asked where operators insist, with the truth."""
