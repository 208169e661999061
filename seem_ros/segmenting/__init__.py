"""One picture, any question: from validated prompts to named masks.

:mod:`.picture` is the way in; :mod:`.families` holds all in which models differ, :mod:`.words`
the ways to find what words name.
"""
