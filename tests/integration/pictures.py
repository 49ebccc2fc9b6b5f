"""Pictures for tests, without any library but libqrencode, which the appliance is built with:
QR codes as PNG and as JPEG, and pictures that nobody should decode."""
import ctypes, struct, zlib


class _Code(ctypes.Structure):
    _fields_ = [('version', ctypes.c_int), ('width', ctypes.c_int), ('data', ctypes.POINTER(ctypes.c_ubyte))]


def modules(text):
    """rows of 0 and 1, with the quiet zone of four"""
    lib = ctypes.CDLL('libqrencode.so.4')
    lib.QRcode_encodeString8bit.restype = ctypes.POINTER(_Code)
    code = lib.QRcode_encodeString8bit(text.encode(), 0, 1).contents
    rows = [[0] * 4 + [code.data[y * code.width + x] & 1 for x in range(code.width)] + [0] * 4 for y in range(code.width)]
    empty = [[0] * len(rows[0]) for _ in range(4)]
    return empty + rows + empty


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png_of(width, height, packed, extra=b''):
    """greyscale of 8 bits; packed: the zlib stream of its rows"""
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)) + extra + chunk(b'IDAT', packed) + chunk(b'IEND', b'')


def png(rows, scale=4):
    lines = b''.join((b'\0' + bytes(0 if m else 255 for m in r for _ in range(scale))) * scale for r in rows)
    return png_of(len(rows[0]) * scale, len(rows) * scale, zlib.compress(lines))


DC = {0: '00', 1: '010', 2: '011', 3: '100', 4: '101', 5: '110', 6: '1110', 7: '11110', 8: '111110', 9: '1111110', 10: '11111110', 11: '111111110'}  # ITU T.81 table K.3


def jpeg(rows, size=None):
    """a module is a block of 8 by 8 of one grey, so only DC coefficients are needed; size: what the head says instead"""
    height, width = size or (8 * len(rows), 8 * len(rows[0]))
    bits, last = [], 0
    for r in rows:
        for m in r:
            dc = -64 if m else 63  # quantised by 16: level shift 128, times 8
            d, last = dc - last, dc
            n = abs(d).bit_length()
            bits.append(DC[n] + (format(d if d > 0 else d + (1 << n) - 1, '0%db' % n) if n else '') + '0')  # end of block: AC code '0'
    bits = ''.join(bits)
    bits += '1' * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, 'big').replace(b'\xff', b'\xff\0')
    counts = [0, 1, 5, 1, 1, 1, 1, 1, 1] + [0] * 7

    def segment(mark, body):
        return b'\xff' + bytes([mark]) + struct.pack('>H', len(body) + 2) + body
    return (b'\xff\xd8' + segment(0xdb, b'\0' + bytes([16] * 64)) + segment(0xc0, struct.pack('>BHHB', 8, height, width, 1) + bytes([1, 0x11, 0])) +
            segment(0xc4, b'\0' + bytes(counts) + bytes(range(12))) + segment(0xc4, b'\x10' + bytes([1] + [0] * 15) + b'\0') + segment(0xda, bytes([1, 1, 0, 0, 63, 0])) + data + b'\xff\xd9')


def bomb(side=12000):
    """a few kilobytes that are as many pixels as are looked at, or more"""
    c = zlib.compressobj(9)
    row = b'\0' * (side + 1)
    return png_of(side, side, b''.join(c.compress(row) for _ in range(side)) + c.flush())


def zip_of_text(octets):
    """a PNG of one pixel with a text chunk that unpacks to so many octets"""
    return png_of(1, 1, zlib.compress(b'\0\0'), chunk(b'zTXt', b'Comment\0\0' + zlib.compress(b'A' * octets, 9)) + chunk(b'iCCP', b'x\0\0' + zlib.compress(b'B' * octets, 9)))
