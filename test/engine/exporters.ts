// What the SDK would send its spans with: no variable asks it to, and loading that took half of its start.
export class NodeSDK {}
export class OTLPTraceExporter {}
export class BatchSpanProcessor {}
