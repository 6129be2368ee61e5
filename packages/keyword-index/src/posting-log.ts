/** Occurrences of one term in one chunk. */
export interface Posting {
  readonly term: number;
  readonly chunk: number;
  readonly title: number;
  readonly body: number;
}

/** Postings in the order of chunks, in typed arrays that grow: a JavaScript object each would not fit. */
export class PostingLog {
  #terms: Uint32Array = new Uint32Array(1024);
  #chunks: Uint32Array = new Uint32Array(1024);
  #titles: Uint8Array = new Uint8Array(1024);
  #bodies: Uint8Array = new Uint8Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(posting: Posting): void {
    if (this.#size === this.#terms.length) {
      this.#grow();
    }
    this.#terms[this.#size] = posting.term;
    this.#chunks[this.#size] = posting.chunk;
    this.#titles[this.#size] = posting.title;
    this.#bodies[this.#size] = posting.body;
    this.#size += 1;
  }

  at(index: number): Posting {
    return {
      term: this.#terms[index] ?? 0,
      chunk: this.#chunks[index] ?? 0,
      title: this.#titles[index] ?? 0,
      body: this.#bodies[index] ?? 0,
    };
  }

  #grow(): void {
    const length = this.#terms.length * 2;
    const words = [this.#terms, this.#chunks].map((old) => {
      const grown = new Uint32Array(length);
      grown.set(old);
      return grown;
    });
    const bytes = [this.#titles, this.#bodies].map((old) => {
      const grown = new Uint8Array(length);
      grown.set(old);
      return grown;
    });
    [this.#terms = this.#terms, this.#chunks = this.#chunks] = words;
    [this.#titles = this.#titles, this.#bodies = this.#bodies] = bytes;
  }
}
