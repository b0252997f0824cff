import busboy from 'busboy'
import fc from 'fast-check'
import t from 'tap'
import type { RequestParts } from '#src/batch/make-record.js'
import { addressOf, walk } from '../support/walk.js'

const type = 'multipart/form-data; boundary=b'

function walkBody(body: string | Uint8Array, contentType: string = type) {
  const parts: RequestParts = { method: 'POST', headers: [['content-type', contentType]], body }
  return walk(parts)
}
const fieldsOf = (body: string | Uint8Array, contentType?: string) =>
  addressOf(walkBody(body, contentType), 'server.request.body')
const namesOf = (disposition: string) =>
  addressOf(walkBody(`--b\r\nContent-Disposition: ${disposition}\r\n\r\nx\r\n--b--`), 'server.request.body.filenames')

/** One part's head and content, lines joined with CRLF. */
const part = (head: string[], content: string) => ['--b', ...head, '', content, ''].join('\r\n')
const field = (name: string, content: string) => part([`Content-Disposition: form-data; name="${name}"`], content)

t.test('fields become lists by name', async (t) => {
  t.strictSame(fieldsOf(`${field('a', '1')}${field('b', '2')}${field('a', '3')}--b--\r\n`), { a: ['1', '3'], b: ['2'] })
  t.strictSame(fieldsOf(`${field('a', 'x\r\ny\r\n')}--b--`), { a: ['x\r\ny\r\n'] })
  t.strictSame(
    fieldsOf(`${field('a', '--bx\r\nz --b')}--b--`),
    { a: ['--bx\r\nz --b'] },
    'more than a boundary is content',
  )
})

t.test('what parsers refuse is read', async (t) => {
  t.strictSame(fieldsOf(field('a', 'x').slice(0, -2)), { a: ['x'] }, 'no last boundary')
  t.strictSame(fieldsOf('--b\nContent-Disposition: form-data; name=a\n\nx\n--b--'), { a: ['x'] }, 'bare line feeds')
  t.strictSame(fieldsOf(`--b \t\r\ncontent-disposition:form-data;name=a\r\n\r\nx\r\n--b--`), { a: ['x'] })
  t.strictSame(fieldsOf(`pre\r\n${field('a', 'x')}--b--\r\npost`), { '': ['pre', '\r\npost'], a: ['x'] })
  t.strictSame(fieldsOf('--b\r\n\r\nx\r\n--b--'), { '': ['x'] }, 'no headers')
  t.strictSame(fieldsOf('--b\r\nx\r\n--b--'), { '': ['x'] }, 'no empty line')
  t.strictSame(fieldsOf('--b--'), [{}, '--b--'], 'no parts')
})

t.test('names lose quotes and escapes, and have parts of their own', async (t) => {
  t.strictSame(fieldsOf(`${field('a\\"b', 'x')}--b--`), { 'a"b': ['x'] })
  t.strictSame(fieldsOf(`${field('a[b]', 'x')}--b--`), { a: [null], b: [null], 'a[b]': ['x'] })
  t.strictSame(fieldsOf(`${part(['Content-Disposition: form-data; NAME=a'], 'x')}--b--`), { a: ['x'] })
})

t.test('headers of a part that says more than its name stand beside its content', async (t) => {
  const head = ['Content-Disposition: form-data; name=a', 'X-More:  1', 'x-more: 2', 'folded: 3', ' 4']
  t.strictSame(fieldsOf(`${part(head, 'x')}--b--`), {
    a: [{ 'content-disposition': ['form-data; name=a'], 'x-more': ['1', '2'], folded: ['3\r\n 4'] }, 'x'],
  })
})

t.test('the content is read by the type of the part', async (t) => {
  const typed = (contentType: string, content: string) => {
    const head = ['Content-Disposition: form-data; name=a', `Content-Type: ${contentType}`]
    const body = fieldsOf(`${part(head, content)}--b--`)
    return JSON.parse(JSON.stringify(body)).a.slice(1)
  }
  t.strictSame(typed('application/json', '{"b":["c"]}'), [{ b: ['c'] }])
  t.strictSame(typed('text/xml', '<b c="d">e</b>'), [{ b: { c: 'd', '#text': 'e' } }])
  t.strictSame(typed('text/plain', '{"b":1}'), ['{"b":1}'])
  t.strictSame(
    typed('multipart/mixed; boundary=c', '--c\r\nContent-Disposition: file; name=d\r\n\r\ne\r\n--c--').at(-1),
    {
      d: [{ 'content-disposition': ['file; name=d'] }, 'e'],
    },
  )
  t.strictSame(typed('multipart/mixed; boundary=c', 'no parts here').at(-1), 'no parts here')
})

t.test('multipart inside multipart ends at the third level', async (t) => {
  const nested = (level: number): string => {
    if (level === 0) return 'end'
    return `--b${level}\r\nContent-Type: multipart/mixed; boundary=b${level - 1}\r\n\r\n${nested(level - 1)}\r\n--b${level}--`
  }
  const flat = JSON.stringify(fieldsOf(nested(6), 'multipart/mixed; boundary=b6'))
  t.equal(flat.match(/content-type/g)?.length, 3)
  t.match(flat, '--b3', 'the fourth level is text')
})

t.test('transfer encodings are undone beside the raw content', async (t) => {
  const encoded = (encoding: string, content: string) => {
    const head = ['Content-Disposition: form-data; name=a', `Content-Transfer-Encoding: ${encoding}`]
    return JSON.parse(JSON.stringify(fieldsOf(`${part(head, content)}--b--`))).a.slice(1)
  }
  t.strictSame(encoded('BASE64', 'aGVsbG8='), ['aGVsbG8=', 'hello'])
  t.strictSame(encoded('quoted-printable', '=68el=\r\nlo=3D=zz='), ['=68el=\r\nlo=3D=zz=', 'hello==zz='])
  t.strictSame(encoded('8bit', 'x'), ['x'])
})

t.test('file names are read in every way a backend may read them', async (t) => {
  t.strictSame(namesOf('form-data; name=a; filename="x.txt"'), ['x.txt'])
  t.strictSame(namesOf('form-data; name=a; filename=x.txt; y=z'), ['x.txt'])
  t.strictSame(namesOf('form-data; name=a; filename=""'), [''])
  t.strictSame(namesOf('form-data; filename="C:\\dir\\x.txt"'), ['C:\\dir\\x.txt', 'C:dirx.txt'])
  t.strictSame(namesOf('form-data; filename="a\\"b;c.txt"'), ['a\\"b;c.txt', 'a"b;c.txt'])
  t.strictSame(namesOf('form-data; filename="a%22.txt"'), ['a%22.txt', 'a".txt'])
  t.strictSame(namesOf("form-data; filename*=UTF-8'en'%e2%82%ac.txt"), ["UTF-8'en'%e2%82%ac.txt", '€.txt'])
  t.strictSame(namesOf('form-data; filename*0="a%2e"; filename*1=txt'), ['a%2e', 'a.', 'txt', 'a.txt'])
  t.strictSame(namesOf('form-data; filename=a; FileName=b'), ['a', 'b'])
  t.strictSame(namesOf('form-data; filename="unterminated'), ['unterminated'])
  t.equal(namesOf('form-data; name=a; filenames=x'), undefined)
})

t.test('text files are text whatever they are called, others give their readable stretches', async (t) => {
  const file = (content: Uint8Array) =>
    fieldsOf(
      Buffer.concat([
        Buffer.from('--b\r\nContent-Disposition: form-data; name=a; filename=x\r\n\r\n'),
        content,
        Buffer.from('\r\n--b--'),
      ]),
    )
  t.strictSame(file(Buffer.from('some text')), { a: ['some text'] })
  t.strictSame(file(Buffer.concat([Buffer.alloc(20), Buffer.from('readable'), Buffer.alloc(20)])), {
    a: [['readable']],
  })
})

t.test('finds the parts that busboy finds', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '\r\n', ' ', 'é', '"', ';', '='), maxLength: 12 })
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', ' ', 'é', '0'), minLength: 1, maxLength: 6 })
  const boundary = fc.string({ unit: fc.constantFrom('x', '-', '0', "'", '_'), minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ name, text, isFile: fc.boolean() }), { minLength: 1, maxLength: 5 }),
      boundary,
      async (parts, mark) => {
        fc.pre(parts.every((one) => !`\r\n${one.text}`.includes(`\r\n--${mark}`)))
        const heads = parts.map(
          (one) => `Content-Disposition: form-data; name="${one.name}"${one.isFile ? `; filename="${one.name}"` : ''}`,
        )
        const body = `${parts.map((one, index) => `--${mark}\r\n${heads[index]}\r\n\r\n${one.text}\r\n`).join('')}--${mark}--\r\n`
        const contentType = `multipart/form-data; boundary="${mark}"`
        const expected = await readWithBusboy(contentType, body)
        const walked = walkBody(body, contentType)
        const fields = Object.entries(Object(addressOf(walked, 'server.request.body')))
        const found = fields.flatMap(([key, values]) => Array.from(Object(values), (value) => [key, value]))
        const names = addressOf(walked, 'server.request.body.filenames') ?? []
        return (
          JSON.stringify(found.sort(compare)) === JSON.stringify(expected.values.sort(compare)) &&
          JSON.stringify(names) === JSON.stringify(expected.fileNames)
        )
      },
    ),
    { numRuns: 400, seed: 4 },
  )
})

function compare(left: unknown, right: unknown): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1
}

/** Name and text of every part, and the names of files, as busboy reports them. */
function readWithBusboy(
  contentType: string,
  body: string,
): Promise<{ values: [string, string][]; fileNames: string[] }> {
  return new Promise((resolve, reject) => {
    const values: [string, string][] = []
    const fileNames: string[] = []
    const parser = busboy({ headers: { 'content-type': contentType }, defParamCharset: 'utf8', preservePath: true })
    parser.on('field', (name, value) => values.push([name, value]))
    parser.on('file', (name, stream, info) => {
      fileNames.push(info.filename)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => values.push([name, Buffer.concat(chunks).toString()]))
    })
    parser.on('error', reject)
    parser.on('close', () => resolve({ values, fileNames }))
    parser.end(body)
  })
}
