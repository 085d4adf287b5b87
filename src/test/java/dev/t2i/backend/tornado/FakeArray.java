package dev.t2i.backend.tornado;

/** What a device array is to {@link JvmDevice}. Public, with TornadoVM's names, for the class that bears TornadoVM's own name inherits them. */
public class FakeArray {
    float[] numbers;

    public float get(int index) {
        return numbers[index];
    }

    public void set(int index, float value) {
        numbers[index] = value;
    }
}
