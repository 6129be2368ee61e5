//! The constants of an ONNX file: as much of the format as it takes to find them. Field numbers are those
//! of onnx.proto3 (ModelProto.graph 7, GraphProto.initializer 5, TensorProto and StringStringEntryProto).

use crate::fault::Fault;

pub const FLOAT: u64 = 1;
pub const INT8: u64 = 3;

/// Where the bytes of a constant are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    Here(&'a [u8]),
    /// In the data file.
    There {
        offset: u64,
        length: u64,
    },
}

/// One constant. Dimensions beyond the third are refused: the model has none.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'a> {
    pub name: &'a [u8],
    pub kind: u64,
    pub dimensions: [u64; 3],
    pub place: Place<'a>,
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn number(&mut self) -> Result<u64, Fault> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(Fault::Graph)?;
            self.rest = rest;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(Fault::Graph)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Fault> {
        let length = usize::try_from(length).map_err(|_| Fault::Graph)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::Graph)?;
        self.rest = rest;
        Ok(taken)
    }

    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = self.number()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return Err(Fault::Graph),
        };
        Ok(Some((key >> 3, value)))
    }
}

/// All constants of the graph.
pub fn tensors(model: &[u8]) -> Result<Vec<Tensor<'_>>, Fault> {
    let mut found = Vec::new();
    let mut fields = Fields { rest: model };
    while let Some((number, value)) = fields.next()? {
        if let (7, Value::Bytes(graph)) = (number, value) {
            let mut fields = Fields { rest: graph };
            while let Some((number, value)) = fields.next()? {
                if let (5, Value::Bytes(bytes)) = (number, value) {
                    found.push(tensor(bytes)?);
                }
            }
        }
    }
    Ok(found)
}

fn tensor(bytes: &[u8]) -> Result<Tensor<'_>, Fault> {
    let mut tensor = Tensor {
        name: b"",
        kind: 0,
        dimensions: [1; 3],
        place: Place::Here(b""),
    };
    let mut rank = 0;
    let (mut offset, mut length) = (None, None);
    let mut fields = Fields { rest: bytes };
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Number(dimension)) => {
                *tensor.dimensions.get_mut(rank).ok_or(Fault::Graph)? = dimension;
                rank += 1;
            }
            (2, Value::Number(kind)) => tensor.kind = kind,
            (8, Value::Bytes(name)) => tensor.name = name,
            (9, Value::Bytes(raw)) => tensor.place = Place::Here(raw),
            (13, Value::Bytes(entry)) => match text_pair(entry)? {
                (b"offset", value) => offset = Some(decimal(value)?),
                (b"length", value) => length = Some(decimal(value)?),
                _ => {}
            },
            _ => {}
        }
    }
    if let (Some(offset), Some(length)) = (offset, length) {
        tensor.place = Place::There { offset, length };
    }
    Ok(tensor)
}

fn text_pair(bytes: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let (mut key, mut text): (&[u8], &[u8]) = (b"", b"");
    let mut fields = Fields { rest: bytes };
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(bytes)) => key = bytes,
            (2, Value::Bytes(bytes)) => text = bytes,
            _ => {}
        }
    }
    Ok((key, text))
}

fn decimal(digits: &[u8]) -> Result<u64, Fault> {
    let text = std::str::from_utf8(digits).map_err(|_| Fault::Graph)?;
    text.parse().map_err(|_| Fault::Graph)
}
