import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";

/** What ONNX Runtime takes and gives: the fields that its native binding reads and sets. */
export class Tensor {
  readonly type: string;
  readonly data: ArrayBufferView;
  readonly dims: readonly number[];
  readonly location: string = "cpu";

  constructor(type: string, data: ArrayBufferView, dims: readonly number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

/** A session of the native binding. */
interface NativeSession {
  /** After `loadModel`: what the graph takes and gives, by name. */
  readonly inputMetadata: unknown;
  readonly outputMetadata: unknown;
  loadModel(
    graph: ArrayBufferLike,
    offset: number,
    length: number,
    options: Readonly<Record<string, unknown>>,
  ): void;
  run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, null>>,
    options: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, Tensor>>;
  dispose(): void;
}

interface NativeBinding {
  readonly InferenceSession: new () => NativeSession;
  initOrtOnce(logLevel: number, tensor: typeof Tensor, isMain: boolean): void;
}

/** ONNX Runtime's `fatal`: errors arrive as exceptions, so nothing need be printed as well. */
const logNothing = 4;
const require = createRequire(import.meta.url);
let loaded: NativeBinding | undefined;

/**
 * Loads the native part of onnxruntime-node, and only that: its JavaScript takes 8 ms of a cold start
 * and adds nothing here. The package is pinned to one exact version, whose binding this is written for.
 *
 * @throws an ordinary Error when this platform has no binding, or another version is installed.
 */
export function loadOnnxRuntime(): NativeBinding {
  if (loaded !== undefined) {
    return loaded;
  }
  if (isMainThread) {
    // The pinned version has no telemetry; from 1.29 the Linux binary reports unless this is set.
    process.env["ORT_DISABLE_TELEMETRY"] = "1";
  }
  const version = onnxRuntimeVersion();
  if (version !== pinnedVersion) {
    throw new Error(`expected onnxruntime-node ${pinnedVersion}, found ${version}`);
  }
  const binding: unknown = require(
    `onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`,
  );
  if (!isBinding(binding)) {
    throw new Error(`onnxruntime-node ${version} has another native interface than expected`);
  }
  binding.initOrtOnce(logNothing, Tensor, isMainThread);
  loaded = binding;
  return binding;
}

/** Equal to the version in package.json, as a test sees to. */
export const pinnedVersion = "1.27.0";

function onnxRuntimeVersion(): string {
  const description: unknown = require("onnxruntime-node/package.json");
  return typeof description === "object" && description !== null && "version" in description
    ? String(description.version)
    : "without a version";
}

function isBinding(value: unknown): value is NativeBinding {
  return (
    typeof value === "object" &&
    value !== null &&
    "InferenceSession" in value &&
    typeof value.InferenceSession === "function" &&
    "initOrtOnce" in value &&
    typeof value.initOrtOnce === "function"
  );
}
