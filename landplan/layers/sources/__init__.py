"""Where layers come from: today files; the services of later fetching live beside them."""
