import { openJavascriptKernel } from "./javascript-kernel.ts";
import { kernelCases } from "./kernel.cases.ts";
import { openWasmKernel } from "./wasm-kernel.ts";

kernelCases("JavaScript", openJavascriptKernel);

kernelCases("WebAssembly", (shape) => {
  const kernel = openWasmKernel(shape);
  if (kernel === undefined) {
    throw new Error("this engine has no WebAssembly SIMD");
  }
  return kernel;
});
