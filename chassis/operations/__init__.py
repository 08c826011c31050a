"""Long work: operations that outlive their request, the workers that do them, and schedules."""
