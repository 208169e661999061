"""What comes from and goes to files, shells and other programs: pictures, options, results."""
