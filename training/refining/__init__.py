"""What the refiner learns from: answers of a trained model, and cut-outs around them."""
