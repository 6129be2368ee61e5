//! The few functions of Node-API that the addon calls, all of version 3 or older: one binary for Node 20
//! and everything after it. Why there is no binding library: docs/decisions/0011-native-engine.md.

use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

#[repr(C)]
pub struct Environment {
    opaque: [u8; 0],
}

#[repr(C)]
pub struct Opaque {
    opaque: [u8; 0],
}

pub type Env = *mut Environment;
pub type Value = *mut Opaque;
pub type CallbackInfo = *mut c_void;
pub type Callback = unsafe extern "C" fn(Env, CallbackInfo) -> Value;
type Finalise = unsafe extern "C" fn(Env, *mut c_void, *mut c_void);
type Status = i32;

const UNDEFINED: i32 = 0;
const MOST_ARGUMENTS: usize = 12;

unsafe extern "C" {
    fn napi_create_function(
        env: Env,
        name: *const c_char,
        length: usize,
        callback: Callback,
        data: *mut c_void,
        result: *mut Value,
    ) -> Status;
    fn napi_set_named_property(
        env: Env,
        object: Value,
        name: *const c_char,
        value: Value,
    ) -> Status;
    fn napi_get_cb_info(
        env: Env,
        info: CallbackInfo,
        count: *mut usize,
        arguments: *mut Value,
        this: *mut Value,
        data: *mut *mut c_void,
    ) -> Status;
    fn napi_get_typedarray_info(
        env: Env,
        value: Value,
        kind: *mut i32,
        length: *mut usize,
        data: *mut *mut c_void,
        buffer: *mut Value,
        offset: *mut usize,
    ) -> Status;
    fn napi_get_value_double(env: Env, value: Value, result: *mut f64) -> Status;
    fn napi_get_value_string_utf8(
        env: Env,
        value: Value,
        buffer: *mut c_char,
        size: usize,
        length: *mut usize,
    ) -> Status;
    fn napi_get_value_external(env: Env, value: Value, result: *mut *mut c_void) -> Status;
    fn napi_create_external(
        env: Env,
        data: *mut c_void,
        finalise: Finalise,
        hint: *mut c_void,
        result: *mut Value,
    ) -> Status;
    fn napi_create_double(env: Env, value: f64, result: *mut Value) -> Status;
    fn napi_create_string_utf8(
        env: Env,
        text: *const c_char,
        length: usize,
        result: *mut Value,
    ) -> Status;
    fn napi_typeof(env: Env, value: Value, result: *mut i32) -> Status;
    fn napi_throw_error(env: Env, code: *const c_char, message: *const c_char) -> Status;
}

/// An argument is not what the function takes: a defect of the code that calls the addon.
pub struct Misuse;

/// The elements of a typed array, as Node-API numbers their kinds.
pub trait Element: Copy {
    const KIND: i32;
}

impl Element for u8 {
    const KIND: i32 = 1;
}
impl Element for i8 {
    const KIND: i32 = 0;
}
impl Element for u16 {
    const KIND: i32 = 4;
}
impl Element for i32 {
    const KIND: i32 = 5;
}
impl Element for u32 {
    const KIND: i32 = 6;
}
impl Element for f32 {
    const KIND: i32 = 7;
}
impl Element for f64 {
    const KIND: i32 = 8;
}

/// One call from JavaScript.
pub struct Call {
    env: Env,
    arguments: [Value; MOST_ARGUMENTS],
    count: usize,
}

impl Call {
    fn argument(&self, index: usize) -> Result<Value, Misuse> {
        if index < self.count {
            Ok(self.arguments[index])
        } else {
            Err(Misuse)
        }
    }

    pub fn number(&self, index: usize) -> Result<f64, Misuse> {
        let value = self.argument(index)?;
        let mut result = 0.0;
        // SAFETY: a value of this call.
        let status = unsafe { napi_get_value_double(self.env, value, &mut result) };
        if status == 0 { Ok(result) } else { Err(Misuse) }
    }

    /// A whole number of at most 2^53.
    pub fn whole(&self, index: usize) -> Result<usize, Misuse> {
        let number = self.number(index)?;
        let whole = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
        if whole {
            Ok(number as usize)
        } else {
            Err(Misuse)
        }
    }

    fn is_undefined(&self, index: usize) -> Result<bool, Misuse> {
        let value = self.argument(index)?;
        let mut kind = 0;
        // SAFETY: a value of this call.
        let status = unsafe { napi_typeof(self.env, value, &mut kind) };
        if status == 0 {
            Ok(kind == UNDEFINED)
        } else {
            Err(Misuse)
        }
    }

    /// A text of at most 63 bytes, or None for undefined.
    pub fn text(&self, index: usize) -> Result<Option<String>, Misuse> {
        if self.is_undefined(index)? {
            return Ok(None);
        }
        let mut bytes = [0u8; 64];
        let mut length = 0;
        // SAFETY: a value of this call; at most 63 bytes and a zero are written.
        let status = unsafe {
            napi_get_value_string_utf8(
                self.env,
                self.argument(index)?,
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                &mut length,
            )
        };
        let text = bytes
            .get(..length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        text.filter(|_| status == 0)
            .map(|text| Some(text.to_owned()))
            .ok_or(Misuse)
    }

    fn elements<T: Element>(&self, index: usize) -> Result<(*mut T, usize), Misuse> {
        let value = self.argument(index)?;
        let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
        // SAFETY: a value of this call; what is not wanted is null.
        let status = unsafe {
            napi_get_typedarray_info(
                self.env,
                value,
                &mut kind,
                &mut length,
                &mut data,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if status != 0 || kind != T::KIND {
            return Err(Misuse);
        }
        // An empty array has no data.
        let start = if length == 0 {
            ptr::NonNull::dangling().as_ptr()
        } else {
            data.cast()
        };
        Ok((start, length))
    }

    /// The elements of a typed array, for the time of the call.
    pub fn slice<T: Element>(&self, index: usize) -> Result<&[T], Misuse> {
        let (start, length) = self.elements(index)?;
        // SAFETY: JavaScript does not run during the call, and the array is kept by its argument.
        Ok(unsafe { std::slice::from_raw_parts(start, length) })
    }

    /// The same, or None for undefined.
    pub fn slice_if_any<T: Element>(&self, index: usize) -> Result<Option<&[T]>, Misuse> {
        if self.is_undefined(index)? {
            Ok(None)
        } else {
            self.slice(index).map(Some)
        }
    }

    /// The elements of a typed array to write to. Our JavaScript gives no array twice in one call.
    #[expect(
        clippy::mut_from_ref,
        reason = "the array belongs to JavaScript, not to the call"
    )]
    pub fn slice_mut<T: Element>(&self, index: usize) -> Result<&mut [T], Misuse> {
        let (start, length) = self.elements(index)?;
        // SAFETY: as for `slice`; nobody else writes to it during the call.
        Ok(unsafe { std::slice::from_raw_parts_mut(start, length) })
    }

    /// What a handle of ours holds.
    ///
    /// # Safety
    /// The argument must be a handle that `handle` made with the same type.
    #[expect(
        clippy::mut_from_ref,
        reason = "the box belongs to JavaScript, not to the call"
    )]
    pub unsafe fn held<T>(&self, index: usize) -> Result<&mut T, Misuse> {
        let mut data = ptr::null_mut();
        // SAFETY: a value of this call.
        let status = unsafe { napi_get_value_external(self.env, self.argument(index)?, &mut data) };
        if status != 0 || data.is_null() {
            return Err(Misuse);
        }
        // SAFETY: a box of this type, kept by the argument; calls do not overlap on one thread, and
        // handles do not leave it.
        Ok(unsafe { &mut *data.cast() })
    }

    /// A value of ours that lives until JavaScript forgets it.
    pub fn handle<T>(&self, value: T) -> Result<Value, Misuse> {
        let data = Box::into_raw(Box::new(value));
        let mut result = ptr::null_mut();
        // SAFETY: the box is freed by the finaliser, once.
        let status = unsafe {
            napi_create_external(
                self.env,
                data.cast(),
                free::<T>,
                ptr::null_mut(),
                &mut result,
            )
        };
        if status == 0 {
            return Ok(result);
        }
        // SAFETY: nobody took it.
        drop(unsafe { Box::from_raw(data) });
        Err(Misuse)
    }

    pub fn give_number(&self, number: f64) -> Result<Value, Misuse> {
        let mut result = ptr::null_mut();
        // SAFETY: the environment of this call.
        let status = unsafe { napi_create_double(self.env, number, &mut result) };
        if status == 0 { Ok(result) } else { Err(Misuse) }
    }

    pub fn give_text(&self, text: &str) -> Result<Value, Misuse> {
        let mut result = ptr::null_mut();
        // SAFETY: the environment of this call; the text is copied.
        let status = unsafe {
            napi_create_string_utf8(self.env, text.as_ptr().cast(), text.len(), &mut result)
        };
        if status == 0 { Ok(result) } else { Err(Misuse) }
    }

    pub fn give_nothing(&self) -> Result<Value, Misuse> {
        Ok(ptr::null_mut())
    }
}

unsafe extern "C" fn free<T>(_: Env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `handle`, and freed once.
    drop(unsafe { Box::<T>::from_raw(data.cast()) });
}

/// Runs one function of the addon. A wrong argument or a panic becomes an error in JavaScript.
///
/// # Safety
/// `env` and `info` must be those of a call that is under way.
pub unsafe fn answer(
    env: Env,
    info: CallbackInfo,
    work: impl FnOnce(&Call) -> Result<Value, Misuse>,
) -> Value {
    let mut call = Call {
        env,
        arguments: [ptr::null_mut(); MOST_ARGUMENTS],
        count: MOST_ARGUMENTS,
    };
    // SAFETY: as promised to this function; at most that many arguments are written.
    let status = unsafe {
        napi_get_cb_info(
            env,
            info,
            &mut call.count,
            call.arguments.as_mut_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    call.count = call.count.min(MOST_ARGUMENTS);
    let message = match catch_unwind(AssertUnwindSafe(|| work(&call))) {
        Ok(Ok(value)) if status == 0 => return value,
        Ok(_) => c"the engine got an argument that it does not take",
        Err(_) => c"the engine failed: the lines above say where",
    };
    // SAFETY: the environment of this call.
    unsafe { napi_throw_error(env, c"ENGINE_DEFECT".as_ptr(), message.as_ptr()) };
    ptr::null_mut()
}

/// Puts functions on the object that JavaScript gets.
///
/// # Safety
/// `env` and `exports` must be those of a module that is being loaded.
pub unsafe fn export(env: Env, exports: Value, functions: &[(&std::ffi::CStr, Callback)]) {
    for (name, callback) in functions {
        let mut function = ptr::null_mut();
        let length = name.to_bytes().len();
        // SAFETY: as promised to this function. What fails here is missing there, and said there.
        unsafe {
            napi_create_function(
                env,
                name.as_ptr(),
                length,
                *callback,
                ptr::null_mut(),
                &mut function,
            );
            napi_set_named_property(env, exports, name.as_ptr(), function);
        }
    }
}
