// Manifests as text: YAML documents are patched in place, so that comments, order and everything else stay as written.
import { type Document, isAlias, isCollection, isMap, parseAllDocuments, stringify, visit } from 'yaml'
import { MirrorwafError } from '../../errors.js'
import { applyPatch, type PatchOperation } from '../json/json-patch.js'
import { isObject, type JsonObject, type JsonStep, type JsonValue, objectsAt, stringAt } from '../json/json-value.js'

/** One object of a manifest, with the place where it stands in its document. */
export interface ManifestObject {
  readonly object: JsonObject
  /** Empty, or `items` and an index within a List. */
  readonly path: readonly JsonStep[]
}

/** One YAML document. */
export interface ManifestDocument {
  readonly objects: readonly ManifestObject[]
  /** The document as it was written, `---` included. */
  readonly source: string
  /** The document after operations whose paths begin at its root. */
  render(operations: readonly PatchOperation[]): string
}

/**
 * Reads all documents of a text; what is no Kubernetes object is kept as it is.
 * @throws MirrorwafError `MWAF_KUBE_MANIFEST` for text that is no YAML.
 */
export function readManifest(text: string, path: string): ManifestDocument[] {
  // A BOM would end up in the middle of the output.
  const clean = text.replace(/^\uFEFF/, '')
  const documents = parseAllDocuments(clean)
  let end = 0
  return [...documents].map((document) => {
    const [fault] = document.errors
    if (fault !== undefined) {
      throw new MirrorwafError('MWAF_KUBE_MANIFEST', { path, reason: firstLineOf(fault.message) }, fault)
    }
    const start = end
    end = document.range[2]
    const source = clean.slice(start, end)
    const value: JsonValue = document.toJS()
    return { objects: findObjects(value), source, render: (operations) => render(document, source, value, operations) }
  })
}

/**
 * An object as YAML. No line folding: a folded annotation is hard to compare. No aliases: kubectl writes none.
 * @param order - `sorted` makes equal objects equal texts, whoever wrote them.
 */
export function writeYaml(object: JsonObject, order: 'as given' | 'sorted' = 'as given'): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: order === 'sorted' })
}

/** Joins documents to one stream. */
export function joinDocuments(documents: readonly string[]): string {
  const texts = documents.map((document) => document.replace(/^---[ \t]*\n?/, '').replace(/\n*$/, '\n'))
  return texts.filter((text) => text.trim() !== '').join('---\n')
}

/** A List of kubectl holds its objects in `items`. */
function findObjects(value: JsonValue): ManifestObject[] {
  if (!isObject(value)) return []
  if (!(stringAt(value, 'kind') ?? '').endsWith('List')) return [{ object: value, path: [] }]
  return objectsAt(value, 'items').map((object, index) => ({ object, path: ['items', index] }))
}

function render(document: Document, source: string, value: JsonValue, operations: readonly PatchOperation[]): string {
  if (operations.length === 0) return source
  // JSON stays JSON.
  if (isMap(document.contents) && document.contents.flow === true) {
    return `${JSON.stringify(applyPatch(value, operations), undefined, 2)}\n`
  }
  const settings = {
    lineWidth: 0,
    indentSeq: hasIndentedSequences(source),
    flowCollectionPadding: /[[{] /.test(source) || !/[[{]/.test(source),
  }
  // Through an alias a change would show in several places: such a document is written anew, without its comments.
  if (hasAliases(document)) {
    const expanded = parseAllDocuments(JSON.stringify(applyPatch(value, operations)))[0]
    return expanded === undefined ? source : toBlockStyle(expanded).toString(settings)
  }
  for (const operation of operations) applyToDocument(document, operation)
  return document.toString(settings)
}

function applyToDocument(document: Document, operation: PatchOperation): void {
  if (operation.op === 'remove') document.deleteIn(operation.path)
  else if (operation.path.at(-1) === '-') {
    document.addIn(operation.path.slice(0, -1), document.createNode(operation.value))
  } else document.setIn(operation.path, document.createNode(operation.value))
}

function hasAliases(document: Document): boolean {
  let found = false
  visit(document, {
    Alias: (_, node) => {
      found = isAlias(node)
      return visit.BREAK
    },
  })
  return found
}

function toBlockStyle(document: Document): Document {
  visit(document, {
    Collection: (_, node) => {
      if (isCollection(node)) node.flow = false
    },
    Scalar: (_, node) => {
      delete node.type
    },
  })
  return document
}

/** Whether the author indents `- ` below its key; what has no sequence says nothing. */
function hasIndentedSequences(source: string): boolean {
  return !/^( *)(?:- )?[^\s#][^\n]*:[ \t]*\n\1- /m.test(source)
}

function firstLineOf(text: string): string {
  return text.split('\n', 1)[0] ?? text
}
