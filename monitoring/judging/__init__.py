"""From records and outcomes to figures, and from figures to a judgement. Pure: no SQL, no HTTP, no clock."""
