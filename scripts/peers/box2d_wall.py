"""The walls of Sources/Benchmarks/BlockWalls.swift with Box2D 2.3: rigid bricks, impulses by iteration, on one core.

Running bond, bricks of 2 x 1 m on a fixed base, friction tan 35 deg, steps of 5 ms, 8 and 3 iterations, nobody
sleeps. Prints name=value pairs: us per step and brick, and the largest distance that a brick has moved.
Usage: box2d_wall.py BRICKS [STEPS]
"""

import math
import sys
import time

from Box2D import b2FixtureDef, b2PolygonShape, b2World

bricks = int(sys.argv[1])
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 100
length = max(2, math.floor(math.sqrt(bricks) + 0.5))

world = b2World(gravity=(0, -9.81), doSleep=False)
friction = math.tan(math.radians(35))
world.CreateStaticBody(
    position=(length + 0.5, -0.5),
    fixtures=b2FixtureDef(shape=b2PolygonShape(box=(length + 2.5, 0.5)), friction=friction),
)
bodies, course = [], 0
while len(bodies) < bricks:
    for i in range(min(length - course % 2, bricks - len(bodies))):
        brick = b2FixtureDef(
            shape=b2PolygonShape(box=(1, 0.5)), density=2000, friction=friction, restitution=0
        )
        place = (2 * i + 1 + course % 2, course + 0.5)
        bodies.append((world.CreateDynamicBody(position=place, fixtures=brick), place))
    course += 1

start = time.process_time()
for _ in range(steps):
    world.Step(0.005, 8, 3)
seconds = time.process_time() - start
moved = max(math.dist(body.position, place) for body, place in bodies)
print(f"bricks={bricks} processor={1e6 * seconds / steps / bricks} moved={moved}")
