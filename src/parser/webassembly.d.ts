// The few WebAssembly types used by llhttp.ts: TypeScript ships them in its DOM library only, which a server must not load.
declare namespace WebAssembly {
  type ModuleImports = Record<string, (...values: number[]) => number>
  interface Memory {
    readonly buffer: ArrayBuffer
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
    static exports(module: Module): { name: string; kind: string }[]
    static imports(module: Module): { module: string; name: string; kind: string }[]
  }
  class Instance {
    readonly exports: Record<string, unknown>
    constructor(module: Module, imports: Record<string, ModuleImports>)
  }
}
