! SPDX-License-Identifier: MPL-2.0
! A payload in Fortran: the C ABI by iso_c_binding, without a line of C.
!
! A call is a pointer to a pointer to the table of the host (daffi_payload.h): two 32-bit
! numbers, then functions. Those that are wanted stand at the places named below.

module daffi_payload
    use iso_c_binding
    implicit none

    integer(c_int32_t), bind(c, name="daffi_payload_abi_1") :: abi = 1
    integer, parameter :: get_int = 3, reply_int = 13

    ! as in struct daffi_payload_host: abi, size, then the functions from place 0 on
    type, bind(c) :: host_t
        integer(c_int32_t) :: abi
        integer(c_int32_t) :: size
        type(c_funptr) :: functions(0:30)
    end type

    abstract interface
        function get_int_fn (call, index, number) bind(c) result(status)
            import
            type(c_ptr), value :: call
            integer(c_size_t), value :: index
            integer(c_int64_t) :: number
            integer(c_int) :: status
        end function
        function reply_int_fn (call, number) bind(c) result(status)
            import
            type(c_ptr), value :: call
            integer(c_int64_t), value :: number
            integer(c_int) :: status
        end function
    end interface

contains

    function add (call) bind(c, name="daffi_payload_fn_add") result(status)
        type(c_ptr), value :: call
        integer(c_int) :: status
        integer(c_int64_t) :: a, b
        type(c_ptr), pointer :: table
        type(host_t), pointer :: host
        procedure(get_int_fn), pointer :: argument
        procedure(reply_int_fn), pointer :: reply
        call c_f_pointer (call, table)
        call c_f_pointer (table, host)
        call c_f_procpointer (host%functions(get_int), argument)
        call c_f_procpointer (host%functions(reply_int), reply)
        status = argument (call, 0_c_size_t, a)
        if (status == 0) status = argument (call, 1_c_size_t, b)
        if (status == 0) status = reply (call, a + b)
    end function

end module
