"""Speech into words: one part that finds where an answer begins and ends, and the engines that understand it."""
