import { readSync } from "node:fs";
import { userError } from "../problem.ts";

/** Bytes fetched at once: the header of a small model in one go, while a skipped array costs no read at all. */
const WINDOW = 1 << 18;

/** The kernel takes no more than 2^31 - 1 bytes per call. */
const LARGEST_READ = 1 << 30;

/** More than twice what the largest tokenizers take. */
const LARGEST_HEADER = 64_000_000;

/** Keeps a byte order mark as the character it is. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Fills a new buffer from a byte range of a file that was checked to have it. */
export function readRange(file: string, fd: number, start: number, length: number): Uint8Array {
  const buffer = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const got = readSync(fd, buffer, done, Math.min(length - done, LARGEST_READ), start + done);
    if (got === 0) {
      throw userError("gguf-changed", `the file ends at byte ${start + done}, but was longer when it was opened`, {
        fix: "wait until whatever writes the file is done, then try again",
        file,
      });
    }
    done += got;
  }
  return buffer;
}

/**
 * Little-endian fields from the front of a file, each checked against the bytes that are left before anything is read
 * or allocated. Synchronous: a header has up to millions of fields, and awaiting one costs more than reading it.
 */
export class HeaderReader {
  /** Byte offset of the next field. */
  position = 0;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;

  constructor(
    readonly file: string,
    private readonly fd: number,
    /** File size in bytes. */
    readonly size: bigint,
  ) {}

  u32(what: string): number {
    return this.view(4, what).getUint32(0, true);
  }

  u64(what: string): bigint {
    return this.view(8, what).getBigUint64(0, true);
  }

  /** The next `length` bytes as UTF-8, U+FFFD for what is none. */
  text(length: number, what: string): string {
    return utf8.decode(this.bytes(length, what));
  }

  /** The next `length` bytes: a view, valid until the next call. */
  bytes(length: number, what: string): Uint8Array {
    this.require(BigInt(length), what);
    const begin = this.position;
    if (begin < this.#windowStart || begin + length > this.#windowStart + this.#window.length) {
      const rest = this.size - BigInt(begin);
      const wanted = Math.max(WINDOW, length);
      this.#window = readRange(this.file, this.fd, begin, rest < wanted ? Number(rest) : wanted);
      this.#windowStart = begin;
    }
    this.position += length;
    return this.#window.subarray(begin - this.#windowStart, begin - this.#windowStart + length);
  }

  /** The next `length` bytes: valid until the next call. */
  view(length: number, what: string): DataView {
    const { buffer, byteOffset } = this.bytes(length, what);
    return new DataView(buffer, byteOffset, length);
  }

  skip(length: bigint, what: string): void {
    this.require(length, what);
    this.position += Number(length);
  }

  /** Throws unless `length` more bytes are there and still count as header. */
  require(length: bigint, what: string): void {
    const end = BigInt(this.position) + length;
    if (end > this.size) {
      throw userError(
        "gguf-truncated",
        `the file ends at byte ${this.size}, but ${what} at byte ${this.position} takes ${length} bytes`,
        {
          why: "the file is cut off, or a length in its header is wrong",
          fix: "download the file again: it is cut off or damaged",
          file: this.file,
        },
      );
    }
    if (end > LARGEST_HEADER) {
      throw userError("gguf-limit", `the header goes on past byte ${LARGEST_HEADER}, with ${what}`, {
        why: "headers of real models take up to some 20 MB",
        fix: "remove the large metadata from the file",
        file: this.file,
      });
    }
  }
}
