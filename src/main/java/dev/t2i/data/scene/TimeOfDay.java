package dev.t2i.data.scene;

/** The light of a scene: it colours the sky, tints the ground, and says whether windows are lit. */
public enum TimeOfDay { DAY, SUNSET, NIGHT, DAWN }
