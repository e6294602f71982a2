// Brings a picture to the size of the network by the very arithmetic of the training, to the last pixel.

package %PACKAGE%;

import java.util.Arrays;

public final class Resizing {
    private static final float TIE_LIFT = 0.5f + 1e-3f;

    /** RGB bytes, row after row. */
    private static final class Picture {
        final byte[] data;
        final int width, height;

        Picture(byte[] data, int width, int height) {
            this.data = data;
            this.width = width;
            this.height = height;
        }
    }

    private Resizing() {}

    /**
     * Returns what the network takes: size × size pixels.
     *
     * @param pixels as Bitmap.getPixels gives them, row after row; their alpha is not looked at
     * @param size of the network
     * @param fit "squash" changes proportions, "crop" keeps the middle, "pad" adds black bars
     * @param stored the longer side at which Graft kept pictures, 0 where it kept them whole
     */
    public static int[] fitted(int[] pixels, int width, int height, int size, String fit, int stored) {
        byte[] data = new byte[pixels.length * 3];
        for (int k = 0; k < pixels.length; k++) {
            data[3 * k] = (byte) (pixels[k] >> 16);
            data[3 * k + 1] = (byte) (pixels[k] >> 8);
            data[3 * k + 2] = (byte) pixels[k];
        }
        Picture it = new Picture(data, width, height);
        if (stored > 0) it = shrunk(it, stored);
        if (fit.equals("crop")) it = cropped(it);
        if (fit.equals("pad")) it = padded(it);
        byte[] made = resized(it, size);
        int[] found = new int[size * size];
        for (int k = 0; k < found.length; k++) {
            found[k] = 0xff << 24 | at(made, 3 * k) << 16 | at(made, 3 * k + 1) << 8 | at(made, 3 * k + 2);
        }
        return found;
    }

    private static int at(byte[] data, int place) {
        return data[place] & 0xff;
    }

    /** Means of whole blocks, rounded as Pillow does: by a reciprocal of 24 bits, cut off. */
    private static Picture shrunk(Picture it, int side) {
        int block = (Math.max(it.width, it.height) + side - 1) / side;
        if (block == 1) return it;
        int across = (it.width + block - 1) / block, down = (it.height + block - 1) / block;
        byte[] small = new byte[across * down * 3];
        long[] sums = new long[across * 3];
        for (int row = 0; row < down; row++) {
            int end = Math.min(it.height, (row + 1) * block);
            Arrays.fill(sums, 0);
            for (int y = row * block; y < end; y++) {
                for (int x = 0; x < it.width; x++) {
                    for (int k = 0; k < 3; k++) sums[x / block * 3 + k] += at(it.data, (y * it.width + x) * 3 + k);
                }
            }
            for (int column = 0; column < across; column++) {
                long count = (long) (end - row * block) * (Math.min(it.width, (column + 1) * block) - column * block);
                long reciprocal = (1 << 24) / count, half = count / 2;
                for (int k = column * 3; k < column * 3 + 3; k++) {
                    small[row * across * 3 + k] = (byte) ((sums[k] + half) * reciprocal >> 24);
                }
            }
        }
        return new Picture(small, across, down);
    }

    private static Picture cropped(Picture it) {
        int side = Math.min(it.width, it.height);
        return moved(it, it.width - side >> 1, it.height - side >> 1, side, side);
    }

    /** Adds black bars of equal width; an odd difference leaves the result one pixel off square. */
    private static Picture padded(Picture it) {
        int side = Math.max(it.width, it.height);
        int left = side - it.width >> 1, top = side - it.height >> 1;
        return moved(it, -left, -top, it.width + 2 * left, it.height + 2 * top);
    }

    /** Returns a rectangle of a picture, black where it reaches beyond. */
    private static Picture moved(Picture it, int left, int top, int width, int height) {
        byte[] data = new byte[width * height * 3];
        int start = Math.max(left, 0), end = Math.min(left + width, it.width);
        for (int y = Math.max(top, 0); y < Math.min(top + height, it.height); y++) {
            int to = ((y - top) * width + start - left) * 3;
            System.arraycopy(it.data, (y * it.width + start) * 3, data, to, (end - start) * 3);
        }
        return new Picture(data, width, height);
    }

    private static byte[] resized(Picture it, int size) {
        if (it.width == size && it.height == size) return it.data;
        float[] rows = new float[it.data.length];
        for (int k = 0; k < rows.length; k++) rows[k] = at(it.data, k);
        if (it.height != size) rows = mixed(rows, it.height, it.width * 3, size);
        if (it.width != size) {
            float[] columns = mixed(turned(rows, size, it.width), it.width, size * 3, size);
            rows = turned(columns, size, size);
        }
        byte[] levels = new byte[size * size * 3];
        for (int k = 0; k < levels.length; k++) {
            levels[k] = (byte) Math.min(255, Math.max(0, (int) Math.floor(rows[k] + TIE_LIFT)));
        }
        return levels;
    }

    /** Exchanges rows and columns of pixels. */
    private static float[] turned(float[] pixels, int height, int width) {
        float[] found = new float[pixels.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                System.arraycopy(pixels, (y * width + x) * 3, found, (x * height + y) * 3, 3);
            }
        }
        return found;
    }

    /** Returns weighted means of neighbouring rows: an antialiased triangle filter, in 32 bits. */
    private static float[] mixed(float[] rows, int count, int length, int size) {
        float step = 1 / ((float) ((double) size / count)), reach = Math.max(step, 1), inverse = 1 / reach;
        float[] means = new float[size * length];
        for (int row = 0; row < size; row++) {
            float centre = (row + 0.5f) * step;
            int first = inside((int) Math.ceil(centre - reach - 0.5f), count);
            int last = inside((int) Math.floor(centre + reach - 0.5f), count);
            float[] weights = new float[last - first + 1];
            float total = 0;
            for (int tap = 0; tap < weights.length; tap++) {
                float distance = Math.abs((first + tap + 0.5f - centre) * inverse);
                weights[tap] = Math.max(1 - distance, 0);
                total += weights[tap];
            }
            float share = 1 / total;
            for (int tap = 0; tap < weights.length; tap++) {
                float weight = weights[tap] * share;
                int from = (first + tap) * length, to = row * length;
                for (int k = 0; k < length; k++) means[to + k] += rows[from + k] * weight;
            }
        }
        return means;
    }

    private static int inside(int place, int count) {
        return Math.min(count - 1, Math.max(0, place));
    }
}
