// The real worker thread, made to fail at requests that ask for it by their target: `/throw`, `/exit`, `/heap`, `/loop`.
// The fault strikes when the record is taken in hand, as a fault of the inspection would. For tests of the pool.
import { stateInHand, Word } from '#src/batch/record-layout.js'
import { RecordReader } from '#src/batch/record-reader.js'

export { runTask } from '#src/worker/thread.js'

const setWord = RecordReader.prototype.setWord

RecordReader.prototype.setWord = function (index: number, value: number): void {
  setWord.call(this, index, value)
  if (index !== Word.state || value !== stateInHand) return
  misbehave(this.bytes.toString('latin1', this.targetStart, this.targetEnd))
}

function misbehave(target: string): void {
  switch (target) {
    case '/throw':
      throw new Error('poison')
    case '/exit':
      process.exit(3)
      break
    case '/heap':
      fillHeap()
      break
    case '/loop':
      for (;;);
    default:
  }
}

function fillHeap(): never {
  // Large pieces: the collector, which finds nothing to free, then runs a few times and not hundreds.
  const ballast: number[][] = []
  for (;;) ballast.push(new Array<number>(200_000).fill(1))
}
