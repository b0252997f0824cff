// Walks decoded body content: the declared syntax, and what the content looks like when that is something else.
// Stage: [decode]. Nothing but this file knows which decoder stands for which kind.
import type { DecodeTools } from '../decode-tools.js'
import { type MediaType, noMediaType, readMediaType } from '../media-type.js'
import { PairWalker } from '../pairs.js'
import type { ValueVisitor } from '../value-visitor.js'
import type { BodyFault } from './body-fault.js'
import { type BodyKind, beginsLikeSyntax, declaredKind, skipSpace, sniffKind } from './body-kind.js'
import { toUtf8 } from './charset.js'
import { FileNameWalker } from './file-names.js'
import { JsonWalker } from './json.js'
import { walkLooseText } from './loose-text.js'
import { guessBoundary, MultipartWalker, type PartContentWalker } from './multipart.js'
import type { PartHeader } from './part-header.js'
import { walkPrintableRuns } from './printable-runs.js'
import { decodeTransfer, transferEncodingOf } from './transfer-encoding.js'
import { XmlWalker } from './xml.js'

/** Multipart bodies inside multipart bodies are split down to here; deeper ones go out as text. */
const maxMultipartLevels = 3

/** How the content of one part is read. */
interface PartReading {
  readonly media: MediaType
  readonly isFile: boolean
  /** Splits a part that is multipart itself; `undefined` where nesting ends. */
  readonly inner: MultipartWalker | undefined
}

/** Walks body content. One per worker thread. */
export class ContentWalker implements PartContentWalker {
  readonly #tools: DecodeTools
  readonly #json: JsonWalker
  readonly #pairs: PairWalker
  readonly #xml: XmlWalker
  readonly #multipart: MultipartWalker
  /** File names met since the last `reset`. */
  readonly fileNames: FileNameWalker
  /** A part of a multipart body met since the last `reset` may say something that was not seen. */
  isTruncated = false
  /** Time for decoding such a part ran out before its end. */
  isTimedOut = false

  constructor(tools: DecodeTools) {
    this.#tools = tools
    this.#json = new JsonWalker(tools)
    this.#pairs = new PairWalker(tools)
    this.#xml = new XmlWalker(tools)
    this.fileNames = new FileNameWalker(tools)
    this.#multipart = this.#createMultipart(maxMultipartLevels)
  }

  /** Forgets the last body. */
  reset(): void {
    this.fileNames.clear()
    this.isTruncated = false
    this.isTimedOut = false
  }

  /** Sends the content's value trees: those of the declared kind, and of the apparent one where that says more. */
  walk(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, media: MediaType): BodyFault | undefined {
    switch (declaredKind(media.type)) {
      case 'json':
        return this.#walkJson(visitor, bytes, start, end)
      case 'form':
        return this.#walkForm(visitor, bytes, start, end)
      case 'multipart':
        return this.#walkMultipart(visitor, bytes, start, end, media.boundary)
      case 'xml':
        return this.#walkXml(visitor, bytes, start, end)
      default:
        return this.#walkApparent(visitor, bytes, start, end, sniffKind(bytes, start, end))
    }
  }

  /** As it stands, and with its transfer encoding undone, which not every parser does. */
  walkPart(
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    header: PartHeader,
    inner: MultipartWalker | undefined,
  ): void {
    const { contentType, transferEncoding } = header
    const media = contentType.isEmpty ? noMediaType : readMediaType(bytes, contentType.start, contentType.end)
    if (header.isAmbiguous || media.isAmbiguous) this.isTruncated = true
    const part: PartReading = { media, isFile: header.isFile, inner }
    this.#walkPartContent(visitor, bytes, start, end, part)
    const encoding = transferEncodingOf(bytes, transferEncoding.start, transferEncoding.end)
    if (encoding === 'none') return
    if (encoding === 'unknown') {
      this.isTruncated = true
      return
    }
    const decoded = decodeTransfer(bytes, start, end, encoding, this.#tools.budget)
    if (decoded.isCut) this.isTimedOut = true
    this.#walkPartContent(visitor, decoded.bytes, 0, decoded.bytes.length, part)
  }

  /** By its charset; in the one that its bytes show they are also read as they are. */
  #walkPartContent(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, part: PartReading): void {
    const content = toUtf8(bytes, start, end, part.media.charset, this.#tools.budget)
    if (content.isCut) this.isTimedOut = true
    if (content.isHidden) this.isTruncated = true
    this.#walkPartText(visitor, content.bytes, content.start, content.end, part)
    if (content.isGuess) this.#walkPartText(visitor, bytes, start, end, part)
  }

  #walkPartText(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, part: PartReading): void {
    const { media, isFile, inner } = part
    const kind = declaredKind(media.type)
    if (kind === 'json') this.#json.walk(visitor, bytes, start, end)
    else if (kind === 'xml') this.#xml.walk(visitor, bytes, start, end)
    else if (kind === 'multipart' && inner !== undefined) {
      visitor.openMap('multi')
      const partCount = inner.walk(visitor, bytes, start, end, media.boundary)
      visitor.closeMap()
      if (partCount === 0) walkLooseText(this.#tools, visitor, bytes, start, end)
    } else if (isFile) walkLooseText(this.#tools, visitor, bytes, start, end)
    else this.#tools.text.append(visitor, bytes, start, end, false)
  }

  #createMultipart(levels: number): MultipartWalker {
    const inner = levels > 1 ? this.#createMultipart(levels - 1) : undefined
    return new MultipartWalker(this.#tools, this, this.fileNames, inner)
  }

  #walkJson(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): BodyFault | undefined {
    const report = this.#json.walk(visitor, bytes, start, end)
    const isSomethingElse = report.fault === 'json_syntax' && !report.hasContainer
    if (!isSomethingElse) return report.fault
    const apparent = sniffKind(bytes, start, end)
    if (apparent === 'form' || apparent === 'xml' || apparent === 'multipart') {
      this.#walkApparent(visitor, bytes, start, end, apparent)
    }
    return 'content_type'
  }

  /** A form is always read as one; what looks like something else may be read as that (`curl -d '{…}'` says form). */
  #walkForm(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): BodyFault | undefined {
    this.#walkPairs(visitor, bytes, start, end)
    if (!beginsLikeSyntax(bytes, start, end)) return undefined
    const apparent = sniffKind(bytes, start, end)
    if (apparent === 'form' || apparent === 'text' || apparent === 'binary') return undefined
    this.#walkApparent(visitor, bytes, start, end, apparent)
    return 'content_type'
  }

  #walkXml(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): BodyFault | undefined {
    const apparent = sniffKind(bytes, start, end)
    if (apparent === 'xml') return this.#xml.walk(visitor, bytes, start, end).fault
    return this.#walkApparent(visitor, bytes, start, end, apparent) ?? 'content_type'
  }

  #walkPairs(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): void {
    visitor.openMap('multi')
    this.#pairs.walk(visitor, bytes, start, end)
    visitor.closeMap()
  }

  #walkMultipart(
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    boundary: string,
  ): BodyFault | undefined {
    if (boundary !== '' && this.#splitParts(visitor, bytes, start, end, boundary)) return undefined
    this.#walkApparent(visitor, bytes, start, end, sniffKind(bytes, start, end))
    return 'multipart_boundary'
  }

  /** @returns false when the boundary is not there: then nothing was sent but an empty map. */
  #splitParts(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, boundary: string): boolean {
    visitor.openMap('multi')
    const partCount = this.#multipart.walk(visitor, bytes, start, end, boundary)
    visitor.closeMap()
    return partCount > 0
  }

  /** Content by its looks. Where those are no proof, it goes out as text as well. */
  #walkApparent(
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    apparent: BodyKind,
  ): BodyFault | undefined {
    switch (apparent) {
      case 'json':
        return this.#json.walk(visitor, bytes, start, end).fault
      case 'binary':
        walkPrintableRuns(this.#tools, visitor, bytes, start, end)
        return undefined
      case 'multipart':
        if (this.#splitParts(visitor, bytes, start, end, guessBoundary(bytes, start, end))) return undefined
        break
      case 'form':
        this.#walkPairs(visitor, bytes, start, end)
        break
      case 'xml':
        this.#xml.walk(visitor, bytes, start, end)
        if (isXmlDeclaration(bytes, skipSpace(bytes, start, end), end)) return undefined
        break
      case 'text':
        break
    }
    this.#tools.text.value(visitor, bytes, start, end, false)
    return undefined
  }
}

/** `<?xml`: no text that is not XML begins like this. */
function isXmlDeclaration(bytes: Buffer, start: number, end: number): boolean {
  return end - start > 5 && bytes.toString('latin1', start, start + 5).toLowerCase() === '<?xml'
}
