package dev.t2i.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.t2i.error.BackendException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is made of what drivers print. */
class DriverOutputTest {
    @Test
    void callsThatFailedAreErrorsThoughTornadoGoesOn() {
        String text = "1 warning generated.\n[TornadoVM-OCL-JNI] ERROR : clEnqueueNDRangeKernel -> Returned: -54\n";
        String message = DriverOutput.refused(text).orElseThrow().getMessage();
        assertTrue(message.contains("clEnqueueNDRangeKernel returned -54"), message);
        assertTrue(DriverOutput.refused("[TornadoVM OCL] Warning: TornadoVM changed the user-defined local size to null. Now, the OpenCL driver ...\n").isPresent());
        assertTrue(DriverOutput.refused("\t[TornadoVM-PTX-JNI] ERROR : cuLaunchKernel -> Returned: 1\n").isPresent());
        assertTrue(DriverOutput.refused("[TornadoVM SPIR-V] Warning: TornadoVM changed the user-defined local thread sizes to the suggested values by the driver.\n").isPresent());
        message = DriverOutput.refused("Error Code (hex): 78000013 Error-Decimal: 2013265939 in method:zeKernelSetGroupSize\n").orElseThrow().getMessage();
        assertTrue(message.contains("zeKernelSetGroupSize returned 2013265939"), message);
        message = DriverOutput.refused("[TornadoVM-OCL-JNI] ERROR : clCreateContext -> Returned: 4294967266\n").orElseThrow().getMessage();
        assertTrue(message.contains("clCreateContext returned -30"), message);
    }

    @Test
    void memoryThatIsNotThereIsToldApart() {
        assertInstanceOf(DeviceMemoryException.class, DriverOutput.refused("[TornadoVM-OCL-JNI] ERROR : clCreateBuffer -> Returned: -61\n").orElseThrow());
        assertInstanceOf(DeviceMemoryException.class, DriverOutput.refused("\t[TornadoVM-PTX-JNI] ERROR : cuMemAlloc -> Returned: 2\n").orElseThrow());
        assertInstanceOf(DeviceMemoryException.class,
                DriverOutput.refused("Error Code (hex): 70000003 Error-Decimal: 1879048195 in method:zeMemAllocDevice\n").orElseThrow());
    }

    @Test
    void questionsAndNoiseAreNoErrors() {
        assertEquals(Optional.empty(), DriverOutput.refused("[TornadoVM-OCL-JNI] ERROR : clGetEventProfilingInfo -> Returned: -7\n"
                + "[TornadoVM-OCL-JNI] ERROR : clGetDeviceIDs -> Returned: 4294967295\n"
                + "[TornadoVM-OCL-NVML-JNI] ERROR : nvmlInit -> Returned: 9\n"
                + "Error Code (hex): 78000003 Error-Decimal: 2013265923 in method:zeDeviceGetMemoryProperties\n1 warning generated.\nan error that somebody speaks of\n"));
    }

    @Test
    void theLaunchersOwnDoingIsNoNews() {
        String signals = "OpenJDK 64-Bit Server VM warning: the use of signal() and sigset() for signal chaining was deprecated in version 16.0 and will be removed in a "
                + "future release. Use sigaction() instead.\n";
        assertEquals("before\nafter\n", DriverOutput.withoutNoise("before\n" + signals + "after\n"));
        assertEquals("VM warning: another\n", DriverOutput.withoutNoise("VM warning: another\n"));
    }

    @Test
    void aCompilersLineIsTheReason() {
        BackendException e = new BackendException("TornadoVM failed: it does not compile");
        assertSame(e, DriverOutput.explained(e, ""));
        assertSame(e, DriverOutput.explained(e, "\t[TornadoVM-PTX-JNI] ERROR : cuDriverGetVersion -> Returned: 3\n"));
        String message = DriverOutput.explained(e, "[TornadoVM-OCL-JNI] ERROR : clBuildProgram -> Returned: -11\n\n"
                + "[ERROR] TornadoVM JIT Compiler - OpenCL Build Error Log:\n\nx.cl:3:7: error: unknown type name 'fleat'\n1 error generated.\n").getMessage();
        assertEquals("TornadoVM failed: it does not compile: x.cl:3:7: error: unknown type name 'fleat'", message);
        message = DriverOutput.explained(e, "Fails to verify module: Instruction does not dominate all uses!\n[TornadoVM-OCL-JNI] ERROR : clBuildProgram -> Returned: -11\n").getMessage();
        assertEquals("TornadoVM failed: it does not compile: Fails to verify module: Instruction does not dominate all uses! "
                + "[TornadoVM-OCL-JNI] ERROR : clBuildProgram -> Returned: -11", message);
    }
}
