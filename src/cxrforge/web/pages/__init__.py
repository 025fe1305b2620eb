"""The pages: each route asks the room, fills one documented context, and renders one template."""
