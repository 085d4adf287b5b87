package dev.t2i.backend.vector;

/**
 * Sizes of a two-dimensional convolution without dilation, channels last: x [n, h, w, cin], weights [kh, kw, cin, cout],
 * y [n, outH, outW, cout], with padTop + padBottom rows and padLeft + padRight columns of zeros around each picture.
 */
public record ConvolutionShape(int n, int h, int w, int cin, int cout, int kh, int kw, int strideH, int strideW,
        int padTop, int padLeft, int padBottom, int padRight) {
    public ConvolutionShape {
        if (n < 0 || h < 0 || w < 0 || cin < 0 || cout < 0 || kh < 1 || kw < 1 || strideH < 1 || strideW < 1
                || padTop < 0 || padLeft < 0 || padBottom < 0 || padRight < 0) {
            throw new IllegalArgumentException(
                    "convolution with impossible sizes: n %d, h %d, w %d, cin %d, cout %d, kernel %dx%d, stride %dx%d"
                    .formatted(n, h, w, cin, cout, kh, kw, strideH, strideW));
        }
        if (h + padTop + padBottom < kh || w + padLeft + padRight < kw) {
            throw new IllegalArgumentException("a %dx%d kernel does not fit into a padded %dx%d picture"
                    .formatted(kh, kw, h + padTop + padBottom, w + padLeft + padRight));
        }
    }

    /** A square kernel with equal strides and padding on all sides. */
    public static ConvolutionShape square(int n, int h, int w, int cin, int cout, int kernel, int stride, int pad) {
        return new ConvolutionShape(n, h, w, cin, cout, kernel, kernel, stride, stride, pad, pad, pad, pad);
    }

    public int outH() {
        return (h + padTop + padBottom - kh) / strideH + 1;
    }

    public int outW() {
        return (w + padLeft + padRight - kw) / strideW + 1;
    }
}
