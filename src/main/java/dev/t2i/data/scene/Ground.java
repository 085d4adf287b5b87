package dev.t2i.data.scene;

/** What the lower third of a scene is made of. */
public enum Ground { GRASS, SAND, SNOW, SEA, ROAD }
