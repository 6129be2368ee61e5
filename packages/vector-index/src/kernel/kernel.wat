;; The loops of the vector index in WebAssembly SIMD. Assembled into kernel-module.ts; a test
;; assembles this file again and compares. kernel.cases.ts holds what each kernel must give.
(module
  (import "clawkeep" "memory" (memory 1))

  ;; Exact product of two rows of i8 codes; a and end are addresses, end - a is a multiple of 64.
  (func $dot (param $a i32) (param $b i32) (param $end i32) (result i32)
    (local $s v128) (local $t v128)
    (loop $next
      (local.set $s (i32x4.add (local.get $s) (i32x4.dot_i16x8_s
        (v128.load8x8_s (local.get $a)) (v128.load8x8_s (local.get $b)))))
      (local.set $t (i32x4.add (local.get $t) (i32x4.dot_i16x8_s
        (v128.load8x8_s offset=8 (local.get $a)) (v128.load8x8_s offset=8 (local.get $b)))))
      (local.set $s (i32x4.add (local.get $s) (i32x4.dot_i16x8_s
        (v128.load8x8_s offset=16 (local.get $a)) (v128.load8x8_s offset=16 (local.get $b)))))
      (local.set $t (i32x4.add (local.get $t) (i32x4.dot_i16x8_s
        (v128.load8x8_s offset=24 (local.get $a)) (v128.load8x8_s offset=24 (local.get $b)))))
      (local.set $s (i32x4.add (local.get $s) (i32x4.dot_i16x8_s
        (v128.load8x8_s offset=32 (local.get $a)) (v128.load8x8_s offset=32 (local.get $b)))))
      (local.set $t (i32x4.add (local.get $t) (i32x4.dot_i16x8_s
        (v128.load8x8_s offset=40 (local.get $a)) (v128.load8x8_s offset=40 (local.get $b)))))
      (local.set $s (i32x4.add (local.get $s) (i32x4.dot_i16x8_s
        (v128.load8x8_s offset=48 (local.get $a)) (v128.load8x8_s offset=48 (local.get $b)))))
      (local.set $t (i32x4.add (local.get $t) (i32x4.dot_i16x8_s
        (v128.load8x8_s offset=56 (local.get $a)) (v128.load8x8_s offset=56 (local.get $b)))))
      (local.set $b (i32.add (local.get $b) (i32.const 64)))
      (br_if $next (i32.ne
        (local.tee $a (i32.add (local.get $a) (i32.const 64))) (local.get $end))))
    (local.set $s (i32x4.add (local.get $s) (local.get $t)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $s)) (i32x4.extract_lane 1 (local.get $s)))
      (i32.add (i32x4.extract_lane 2 (local.get $s)) (i32x4.extract_lane 3 (local.get $s)))))

  ;; keys[i] = dot(query, row i) * weight i, for count consecutive rows; count > 0.
  (func (export "scan") (param $query i32) (param $row i32) (param $stride i32) (param $count i32)
      (param $weight i32) (param $key i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $query) (local.get $stride)))
    (loop $next
      (f64.store (local.get $key) (f64.mul
        (f64.convert_i32_s (call $dot (local.get $query) (local.get $row) (local.get $end)))
        (f64.convert_i32_u (i32.load (local.get $weight)))))
      (local.set $row (i32.add (local.get $row) (local.get $stride)))
      (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
      (local.set $key (i32.add (local.get $key) (i32.const 8)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; The same for the rows whose ids lie at id; the caller has checked them.
  (func (export "gather") (param $query i32) (param $codes i32) (param $stride i32)
      (param $count i32) (param $weights i32) (param $key i32) (param $id i32)
    (local $end i32) (local $row i32)
    (local.set $end (i32.add (local.get $query) (local.get $stride)))
    (loop $next
      (local.set $row (i32.load (local.get $id)))
      (f64.store (local.get $key) (f64.mul
        (f64.convert_i32_s (call $dot (local.get $query)
          (i32.add (local.get $codes) (i32.mul (local.get $row) (local.get $stride)))
          (local.get $end)))
        (f64.convert_i32_u (i32.load
          (i32.add (local.get $weights) (i32.shl (local.get $row) (i32.const 2)))))))
      (local.set $id (i32.add (local.get $id) (i32.const 4)))
      (local.set $key (i32.add (local.get $key) (i32.const 8)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; Product of an f32 query and a row of f16, four lanes of f64; end - query is a multiple of 16.
  (func (export "rescore") (param $query i32) (param $end i32) (param $row i32) (result f64)
    (local $s v128) (local $t v128) (local $h v128) (local $q v128)
    (loop $next
      (local.set $h (v128.load16x4_u (local.get $row)))
      (local.set $h (v128.or
        (f32x4.mul
          (i32x4.shl (v128.and (local.get $h) (v128.const i32x4 0x7fff 0x7fff 0x7fff 0x7fff))
            (i32.const 13))
          (v128.const f32x4 0x1p+112 0x1p+112 0x1p+112 0x1p+112))
        (i32x4.shl (v128.and (local.get $h) (v128.const i32x4 0x8000 0x8000 0x8000 0x8000))
          (i32.const 16))))
      (local.set $q (v128.load (local.get $query)))
      (local.set $s (f64x2.add (local.get $s) (f64x2.mul
        (f64x2.promote_low_f32x4 (local.get $h)) (f64x2.promote_low_f32x4 (local.get $q)))))
      (local.set $t (f64x2.add (local.get $t) (f64x2.mul
        (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
          (local.get $h) (local.get $h)))
        (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
          (local.get $q) (local.get $q))))))
      (local.set $row (i32.add (local.get $row) (i32.const 8)))
      (br_if $next (i32.ne
        (local.tee $query (i32.add (local.get $query) (i32.const 16))) (local.get $end))))
    (f64.add
      (f64.add (f64x2.extract_lane 0 (local.get $s)) (f64x2.extract_lane 1 (local.get $s)))
      (f64.add (f64x2.extract_lane 0 (local.get $t)) (f64x2.extract_lane 1 (local.get $t))))))
