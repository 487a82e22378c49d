"""How people see it: figures, projections, and (later) explorer, review and albums."""
