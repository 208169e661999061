"""Labels that nobody drew: masks of MobileSAM, names of an ImageNet classifier."""
