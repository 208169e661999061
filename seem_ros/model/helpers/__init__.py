"""Networks that are not SEEM, beside it: a detector, a recogniser, a refiner."""
