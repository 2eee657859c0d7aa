"""What every stage of a road is made with: its doors, verdicts, due rows, partitions and Dagster assets."""
