"""The registration gate measured and fitted on wrong placements made on purpose."""
