package dev.t2i.data.scene;

/** How large a thing is; at 64 pixels a small one spans about 17 and a large one about 28. */
public enum Size { SMALL, LARGE }
