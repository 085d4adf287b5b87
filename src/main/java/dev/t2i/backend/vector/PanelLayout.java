package dev.t2i.backend.vector;

/**
 * How the columns of a right-hand operand are cut into panels as wide as a register tile.
 *
 * <p>Panels are equally wide, except that the last may be narrower. In a packed operand of {@code depth} rows, panel
 * {@code p} is stored by rows from element {@code depth * column(p)}; columns beyond the operand's last hold zeros.
 */
record PanelLayout(int columns, int vectors, int panelVectors) {
    /** A layout whose panels are 2 vectors wide, unless 3 or 1 waste less. */
    static PanelLayout of(int columns) {
        int vectors = Lanes.vectors(columns);
        int widest = vectors % 2 == 1 && vectors % 3 == 0 ? Lanes.TILE_VECTORS : 2;
        return new PanelLayout(columns, vectors, Math.min(widest, Math.max(vectors, 1)));
    }

    /** A layout whose panels are 3 vectors wide where that wastes nothing. */
    static PanelLayout preferringWide(int columns) {
        int vectors = Lanes.vectors(columns);
        return vectors % 3 == 0 && Lanes.TILE_VECTORS >= 3 ? new PanelLayout(columns, vectors, 3) : of(columns);
    }

    int panels() {
        return (vectors + panelVectors - 1) / panelVectors;
    }

    /** The first column of a panel. */
    int column(int panel) {
        return panel * panelVectors * Lanes.COUNT;
    }

    int vectorsOf(int panel) {
        return Math.min(panelVectors, vectors - panel * panelVectors);
    }

    /** Elements in a row of all panels, padding included. */
    int paddedColumns() {
        return vectors * Lanes.COUNT;
    }
}
