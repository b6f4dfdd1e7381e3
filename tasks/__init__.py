"""How hard do we try: Prefect tasks, each a policy and a sentence."""
