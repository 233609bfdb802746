/**
 * Memory outside the heap that nobody but the holder of a chunk uses. Given back at once it costs nothing; left to the garbage collector, every ten megabytes of it
 * cost a collection of the whole heap.
 */
const owned = new WeakSet<ArrayBuffer>()

/** Says that a chunk, or what is passed on of it, is all that uses its memory. Where it is a part of a larger piece, nothing is said. */
export function own(chunk: Buffer): void {
  const { buffer } = chunk
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.length) owned.add(buffer)
}

/** Gives a chunk’s memory back, if it was said to be its own. The last holder calls it; every view of it is empty afterwards. */
export function release(chunk: Buffer): void {
  const { buffer } = chunk
  if (buffer instanceof ArrayBuffer && owned.delete(buffer)) buffer.transfer(0)
}
