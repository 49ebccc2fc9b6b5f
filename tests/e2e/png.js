'use strict';
// A screenshot with few colours: PNG (RFC 2083) of at most 64, so that pictures of pages stay small
// in the repository.  Reads what a browser writes (8 bits a channel, not interlaced), no other.
const assert = require('assert');
const zlib = require('zlib');

const MAX = 64;

function crc(buf) {
	let c = ~0;
	for (const b of buf) {
		c ^= b;
		for (let k = 0; k < 8; k++)
			c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c >>> 0;
}

function chunk(type, data) {
	const out = Buffer.alloc(12 + data.length);
	out.writeUInt32BE(data.length, 0);
	out.write(type, 4, 'latin1');
	data.copy(out, 8);
	out.writeUInt32BE(crc(out.subarray(4, 8 + data.length)), 8 + data.length);
	return out;
}

function paeth(a, b, c) {
	const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

// rows of a picture, filters taken off
function unfilter(raw, width, height, bpp) {
	const stride = width * bpp, out = Buffer.alloc(stride * height);
	for (let y = 0; y < height; y++) {
		const filter = raw[y * (stride + 1)], from = y * (stride + 1) + 1, to = y * stride;
		for (let x = 0; x < stride; x++) {
			const a = x >= bpp ? out[to + x - bpp] : 0, b = y > 0 ? out[to + x - stride] : 0, c = x >= bpp && y > 0 ? out[to + x - stride - bpp] : 0;
			out[to + x] = raw[from + x] + [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter];
		}
	}
	return out;
}

function decode(png) {
	let at = 8, width, height, bpp;
	const data = [];
	while (at < png.length) {
		const n = png.readUInt32BE(at), type = png.toString('latin1', at + 4, at + 8), body = png.subarray(at + 8, at + 8 + n);
		if (type === 'IHDR') {
			width = body.readUInt32BE(0);
			height = body.readUInt32BE(4);
			bpp = { 2: 3, 6: 4 }[body[9]];
			assert.ok(body[8] === 8 && bpp && body[12] === 0, 'a picture of another kind');
		} else if (type === 'IDAT') {
			data.push(body);
		}
		at += 12 + n;
	}
	return { width, height, bpp, pixels: unfilter(zlib.inflateSync(Buffer.concat(data)), width, height, bpp) };
}

// the colours that most pixels have; every other becomes the nearest of them
function palette(p) {
	const count = new Map();
	for (let i = 0; i < p.pixels.length; i += p.bpp) {
		const c = (p.pixels[i] << 16) | (p.pixels[i + 1] << 8) | p.pixels[i + 2];
		count.set(c, (count.get(c) || 0) + 1);
	}
	const kept = [];
	const far = (a, b) => ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;
	for (const room of [400, 0]) // first those that differ, then whatever is left to fill
		for (const [c] of [...count].sort((a, b) => b[1] - a[1]))
			if (kept.length < MAX && !kept.includes(c) && kept.every((k) => far(k, c) > room))
				kept.push(c);
	const index = new Map();
	for (const c of count.keys())
		index.set(c, kept.reduce((best, k, i) => far(k, c) < far(kept[best], c) ? i : best, 0));
	return { kept, index };
}

function small(png) {
	const p = decode(png), { kept, index } = palette(p), bits = 8;
	const raw = Buffer.alloc((p.width + 1) * p.height);
	for (let y = 0, i = 0; y < p.height; y++)
		for (let x = 0; x < p.width; x++, i += p.bpp)
			raw[y * (p.width + 1) + 1 + x] = index.get((p.pixels[i] << 16) | (p.pixels[i + 1] << 8) | p.pixels[i + 2]);
	const head = Buffer.alloc(13);
	head.writeUInt32BE(p.width, 0);
	head.writeUInt32BE(p.height, 4);
	head[8] = bits;
	head[9] = 3;
	const colours = Buffer.from(kept.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]));
	return Buffer.concat([png.subarray(0, 8), chunk('IHDR', head), chunk('PLTE', colours), chunk('IDAT', zlib.deflateSync(raw, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

module.exports = { small };
